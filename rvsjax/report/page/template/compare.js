boot({ against: drawAgainst });
