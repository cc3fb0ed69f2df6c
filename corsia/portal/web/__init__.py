"""The pages that customers open, and the page on which their forms are made."""
