"""The assistant of the chat channels: menus, answers from the knowledge base, and always a way to a person.

It holds no language model. What it says is written by managers, found in published articles, or read from tables.
"""
