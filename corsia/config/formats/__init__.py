"""How dates are written, where the groups that use Corsia write them otherwise than Django's locale does."""
