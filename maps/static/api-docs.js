// Starts Swagger UI on the page of the service's description.
window.addEventListener("DOMContentLoaded", () => {
  SwaggerUIBundle({ url: "openapi.json", dom_id: "#description", deepLinking: true, validatorUrl: null });
});
