"""Take after take, steered by a coach that is never the judge, until the budget is spent; the judge speaks once, at the end."""
