"""The design system: base templates, components, static files, and the middleware every page passes."""
