"""Pure rules about vehicles: reading a VIN, telling a plate's kind."""
