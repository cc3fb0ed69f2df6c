"""Pages of the design system itself."""
