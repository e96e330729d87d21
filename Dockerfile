# docker build -t waybill .
# docker run -p 3000:3000 -e DATABASE_URL=… -e AUTH_JWKS_URL=… -e AUTH_ISSUER=… -e AUTH_AUDIENCE=… waybill
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm install --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json nest-cli.json ./
COPY scripts scripts
COPY src src
RUN npm run build && npm prune --omit=dev --no-audit --no-fund

FROM node:24-bookworm-slim
WORKDIR /app
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY migrations migrations
COPY scripts/file-lock.mjs scripts/
USER node
EXPOSE 3000
# Liveness, not readiness: a container isn't restarted because its database is away.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/health/live`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# Not through npm, so that SIGTERM reaches the server.
CMD ["node", "--enable-source-maps", "dist/main.js"]
