"""The organisation tree, its people and their time: the scope that everything else obeys."""
