# Every target is one command that works without make:  python -m resilience_stats <command>
# From a fresh clone the first one makes the environment (.venv) by itself.
PYTHON ?= python3
RUN = $(PYTHON) -m resilience_stats
.DEFAULT_GOAL := help
.PHONY: help report check feedback example schema test

help: ## say what can be done
	@$(RUN) help

report: ## build the cohort report: make report [STUDY=path/to/study.toml] [ARGS="--edition public"]
	@$(RUN) report $(STUDY) $(ARGS)

check: ## list every problem in a study's files: make check STUDY=path/to/study.toml
	@$(RUN) check $(STUDY) $(ARGS)

feedback: ## write each practice's own report: make feedback [STUDY=path/to/study.toml]
	@$(RUN) feedback $(STUDY) $(ARGS)

example: ## write a synthetic study to start from: make example [DIRECTORY=example]
	@$(RUN) example $(or $(DIRECTORY),example) $(ARGS)

schema: ## print the data dictionary
	@$(RUN) schema $(ARGS)

test: ## run the tests: make test [ARGS="-k disclosure"]
	@$(RUN) test $(ARGS)
