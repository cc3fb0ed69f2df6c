"""Pages of cases: the desk, the board, the calendar, the case, the processes."""
