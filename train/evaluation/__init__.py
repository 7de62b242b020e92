"""From models and held-out items to a report: what is asked, what is measured, and what is never measured twice."""
