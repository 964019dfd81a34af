"""Files that people send: uploads, what may be fetched by whom, and what becomes of them."""
