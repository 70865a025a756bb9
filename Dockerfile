# One image for every service of ours: Airflow, dbt, Great Expectations and taizhang in one locked environment.
ARG PYTHON_IMAGE=python:3.11.13-slim-bookworm
FROM ${PYTHON_IMAGE}

ENV PYTHONUNBUFFERED=1 PATH=/opt/taizhang/.venv/bin:$PATH
WORKDIR /opt/taizhang

# What changes seldom comes first: the environment is built again only when the lock changes. Of the lock, it takes what the
# product needs; setuptools builds the product itself without fetching anything.
COPY requirements.txt pyproject.toml README.md ./
# A mirror of the package index: docker build --build-arg PIP_INDEX_URL=… --build-arg UV_DEFAULT_INDEX=…
ARG PIP_INDEX_URL
ARG UV_DEFAULT_INDEX
RUN python -m venv .venv \
    && sed -n '/^uv==/,/[^\\]$/p' requirements.txt > /tmp/uv.txt \
    && .venv/bin/python -m pip install --quiet --no-cache-dir --require-hashes --no-deps -r /tmp/uv.txt \
    && uv pip install --no-cache --require-hashes --compile-bytecode \
        --constraint requirements.txt -r pyproject.toml --group build

COPY contracts contracts
COPY dags dags
COPY dbt_project dbt_project
COPY expectations expectations
COPY taizhang taizhang
RUN uv pip install --offline --no-deps --no-build-isolation --editable . \
    && useradd --uid 50000 --create-home taizhang \
    && install --directory --owner taizhang --group taizhang --mode 0750 /var/lib/taizhang

ENV TAIZHANG_HOME=/var/lib/taizhang AIRFLOW_HOME=/var/lib/taizhang/airflow
USER taizhang
VOLUME /var/lib/taizhang
ENTRYPOINT ["taizhang"]
CMD ["--help"]
