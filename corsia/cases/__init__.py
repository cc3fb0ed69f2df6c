"""Cases: what somebody asks of the group, its process, its clock, and who keeps the promise."""
