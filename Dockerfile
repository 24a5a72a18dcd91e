# syntax=docker/dockerfile:1
# One image for the API, the worker and the operator's commands.

FROM node:24.11-bookworm-slim AS page
WORKDIR /src/frontend
COPY frontend/package.json frontend/package-lock.json frontend/.npmrc ./
RUN npm ci
COPY frontend/ ./
RUN npm run build

FROM golang:1.26-bookworm AS binary
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY cmd/ cmd/
COPY app/ app/
COPY domain/ domain/
COPY storage/ storage/
COPY worker/ worker/
COPY frontend/embed.go frontend/embed.go
COPY frontend/src/locales/ frontend/src/locales/
COPY --from=page /src/frontend/dist/ frontend/dist/
ARG VERSION=development
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=${VERSION}" -o /zhixing ./cmd/zhixing

# MinIO publishes no images any more; this is its last source, built its own way.
FROM golang:1.26-bookworm AS minio-source
RUN CGO_ENABLED=0 go install -trimpath -ldflags "-s -w" github.com/minio/minio@v0.0.0-20260212201848-7aac2a2c5b7c

FROM debian:12-slim AS minio
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates curl && rm -rf /var/lib/apt/lists/* \
	&& useradd --system --create-home --home-dir /data --uid 10002 minio
COPY --from=minio-source /go/bin/minio /usr/local/bin/minio
USER minio
VOLUME /data
EXPOSE 9000
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s CMD ["curl", "-fsS", "-o", "/dev/null", "http://127.0.0.1:9000/minio/health/live"]
ENTRYPOINT ["minio", "server", "/data", "--address", ":9000"]

FROM debian:12-slim AS zhixing
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates curl ffmpeg fonts-noto-cjk tzdata \
	&& rm -rf /var/lib/apt/lists/* \
	&& useradd --system --create-home --home-dir /var/lib/zhixing --uid 10001 zhixing
COPY --from=binary /zhixing /usr/local/bin/zhixing
USER zhixing
WORKDIR /var/lib/zhixing
ENV ZHIXING_ADDR=0.0.0.0:8080 ZHIXING_DATA=/var/lib/zhixing/data ZHIXING_LOG_FORMAT=json
VOLUME /var/lib/zhixing
EXPOSE 8080
STOPSIGNAL SIGTERM
ENTRYPOINT ["zhixing"]
CMD ["serve"]
