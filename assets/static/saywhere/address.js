/* Tells Streamlit's page that its server is at the top of this host. */
window.__streamlit = { BACKEND_BASE_URL: `${location.origin}/` };
