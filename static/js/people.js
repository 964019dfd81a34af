// Search as you type and endless scrolling in the directory: htmx, told so by the page's hx- attributes.
import "../vendor/htmx-org.js";

// Under `require-trusted-types-for 'script'` htmx parses only what this policy lets through: pages of our own server
// (its requests are same-origin), and never a script.
const policy = globalThis.trustedTypes?.createPolicy("htmx", { createHTML: (html) => html, createScript: () => "" });

globalThis.htmx.registerExtension("trusted-types", { init: (htmx) => htmx.initSecurity(policy) });
