"""The portal: what customers see without signing in: web forms and survey pages."""
