"""Privacy: carries out what every context declares about its fields: export, erasure, retention, the register."""
