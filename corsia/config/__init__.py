"""The only place that knows everything: settings, URLs, subscriptions, panels, commands. Nothing imports it."""
