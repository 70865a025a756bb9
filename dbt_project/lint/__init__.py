"""What `make lint-dbt` asks of the models beyond what its tools ask by themselves."""
