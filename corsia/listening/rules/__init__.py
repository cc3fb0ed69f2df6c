"""What is computed about answers: no database, no clock."""
