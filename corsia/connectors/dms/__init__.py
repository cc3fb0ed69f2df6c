"""What the dealer's own system hands over: customers, vehicles and work orders, by files that a mapping describes."""
