"""What every context stands on: scope, access, facts, audit, jobs, blobs, tokens. It knows no business word."""
