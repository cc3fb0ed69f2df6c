"""Knowledge: what the house knows, written once, approved, found by customers and colleagues."""
