"""What can be done in the workshop; the modules part the verbs by noun."""
