"""From suspicions to alarms: scenes for the detectors, words for people, the budget, deliveries, open hours."""
