"""Pure rules of messages: reply marks, raw headers, templates, files. No tables and no clock."""
