// Search as you type and endless scrolling in the directory: htmx, told so by the page's hx- attributes.
import "../vendor/htmx-org.js";
