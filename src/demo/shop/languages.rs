//! What tells from its telemetry in which language a service is written: its SDK, its instrumentation libraries, the class of
//! a failed call, and the look of a stack trace.

use super::failure::Failure;
use super::services::Service;

/// A language with its SDK and libraries.
#[derive(Debug)]
pub(crate) struct Language {
    /// `telemetry.sdk.language`.
    pub(crate) name: &'static str,
    pub(crate) sdk_version: &'static str,
    pub(crate) runtime: (&'static str, &'static str),
    /// Version of the instrumentation libraries.
    pub(crate) version: &'static str,
    pub(crate) http_server: &'static str,
    pub(crate) http_client: &'static str,
    pub(crate) rpc: &'static str,
    pub(crate) sql: &'static str,
    pub(crate) cache: &'static str,
    pub(crate) messaging: &'static str,
    /// What a call throws that got a bad answer.
    pub(crate) bad_answer: &'static str,
    /// The frames below a failure.
    pub(crate) stack: fn(&Failure, &Service, u64) -> String,
}

pub(crate) static JAVA: Language = Language {
    name: "java",
    sdk_version: "1.54.0",
    runtime: ("OpenJDK Runtime Environment", "21.0.8+9"),
    version: "2.20.0-alpha",
    http_server: "io.opentelemetry.tomcat-10.0",
    http_client: "io.opentelemetry.java-http-client",
    rpc: "io.opentelemetry.grpc-1.6",
    sql: "io.opentelemetry.jdbc",
    cache: "io.opentelemetry.lettuce-5.1",
    messaging: "io.opentelemetry.kafka-clients-0.11",
    bad_answer: "org.springframework.web.client.HttpServerErrorException",
    stack: |failure, service, line| {
        let (class, package) = (class_of(failure), service.loggers);
        let place = failure.place;
        format!(
            "\tat {package}{place}({class}.java:{line})\n\
             \tat {package}web.Endpoint.handle(Endpoint.java:64)\n\
             \tat org.springframework.web.servlet.FrameworkServlet.service(FrameworkServlet.java:885)\n\
             \tat org.apache.catalina.core.ApplicationFilterChain.doFilter(ApplicationFilterChain.java:140)\n\
             \tat java.base/java.lang.VirtualThread.run(VirtualThread.java:309)"
        )
    },
};

pub(crate) static GO: Language = Language {
    name: "go",
    sdk_version: "1.38.0",
    runtime: ("go", "go1.25.1"),
    version: "0.63.0",
    http_server: "go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp",
    http_client: "go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp",
    rpc: "go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc",
    sql: "github.com/exaring/otelpgx",
    cache: "github.com/redis/go-redis/extra/redisotel",
    messaging: "github.com/twmb/franz-go/plugin/kotel",
    bad_answer: "*httpx.StatusError",
    stack: |failure, service, line| {
        let name = service.name;
        format!(
            "goroutine {} [running]:\n\
             shop/{name}/internal.{}(...)\n\t/src/{name}/internal/handler.go:{line}\n\
             net/http.HandlerFunc.ServeHTTP(...)\n\t/usr/local/go/src/net/http/server.go:2294\n\
             created by net/http.(*Server).Serve\n\t/usr/local/go/src/net/http/server.go:3454",
            line * 7,
            failure.place
        )
    },
};

pub(crate) static NODE: Language = Language {
    name: "nodejs",
    sdk_version: "2.1.0",
    runtime: ("nodejs", "22.19.0"),
    version: "0.205.0",
    http_server: "@opentelemetry/instrumentation-http",
    http_client: "@opentelemetry/instrumentation-undici",
    rpc: "@opentelemetry/instrumentation-grpc",
    sql: "@opentelemetry/instrumentation-pg",
    cache: "@opentelemetry/instrumentation-ioredis",
    messaging: "@opentelemetry/instrumentation-kafkajs",
    bad_answer: "UpstreamError",
    stack: |failure, _, line| {
        let place = failure.place;
        format!(
            "    at async {place} (file:///app/dist/handlers.js:{line}:11)\n    \
             at async dispatch (file:///app/node_modules/koa-compose/index.js:42:32)\n    \
             at process.processTicksAndRejections (node:internal/process/task_queues:105:5)"
        )
    },
};

pub(crate) static PYTHON: Language = Language {
    name: "python",
    sdk_version: "1.37.0",
    runtime: ("cpython", "3.13.7"),
    version: "0.58b0",
    http_server: "opentelemetry.instrumentation.fastapi",
    http_client: "opentelemetry.instrumentation.httpx",
    rpc: "opentelemetry.instrumentation.grpc",
    sql: "opentelemetry.instrumentation.psycopg",
    cache: "opentelemetry.instrumentation.redis",
    messaging: "opentelemetry.instrumentation.confluent_kafka",
    bad_answer: "httpx.HTTPStatusError",
    stack: |failure, service, line| {
        let module = service.loggers.trim_end_matches('.').replace('.', "/");
        let function = failure.place.rsplit('.').next().unwrap_or_default();
        format!(
            "Traceback (most recent call last):\n  \
             File \"/app/.venv/lib/python3.13/site-packages/starlette/routing.py\", line 73, in app\n    \
             response = await f(request)\n  \
             File \"/app/{module}/service.py\", line {line}, in {function}\n    \
             return await self._{function}(request)"
        )
    },
};

pub(crate) static DOTNET: Language = Language {
    name: "dotnet",
    sdk_version: "1.12.0",
    runtime: (".NET", "9.0.9"),
    version: "1.12.0",
    http_server: "Microsoft.AspNetCore",
    http_client: "System.Net.Http",
    rpc: "OpenTelemetry.Instrumentation.GrpcNetClient",
    sql: "Npgsql",
    cache: "OpenTelemetry.Instrumentation.StackExchangeRedis",
    messaging: "OpenTelemetry.Instrumentation.ConfluentKafka",
    bad_answer: "System.Net.Http.HttpRequestException",
    stack: |failure, service, line| {
        let (class, package) = (class_of(failure), service.loggers);
        let place = failure.place;
        format!(
            "   at {package}{place}(Request request, CancellationToken token) in /src/{class}.cs:line {line}\n   \
             at Grpc.AspNetCore.Server.Internal.CallHandlers.UnaryServerCallHandler`3.HandleCallAsyncCore()\n   \
             at Microsoft.AspNetCore.Routing.EndpointMiddleware.Invoke(HttpContext context)"
        )
    },
};

pub(crate) static RUST: Language = Language {
    name: "rust",
    sdk_version: "0.31.0",
    runtime: ("rustc", "1.90.0"),
    version: "0.31.0",
    http_server: "axum-tracing-opentelemetry",
    http_client: "reqwest-tracing",
    rpc: "tonic-tracing-opentelemetry",
    sql: "sqlx",
    cache: "fred",
    messaging: "rdkafka",
    bad_answer: "reqwest::Error",
    stack: |failure, service, line| {
        let krate = service.name;
        format!(
            "   0: {krate}::{}\n             at ./src/handlers.rs:{line}\n   \
             1: tower::util::oneshot::Oneshot::poll\n   \
             2: tokio::runtime::task::harness::poll_future",
            failure.place
        )
    },
};

/// `ProviderClient.charge` is a method of `ProviderClient`.
fn class_of(failure: &Failure) -> &'static str {
    failure.place.split('.').next().unwrap_or_default()
}
