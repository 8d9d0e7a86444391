// Made by ui/web/build.mjs.
&[
    Asset {
        name: "app.js",
        path: "/assets/app-b62874d925a1.js",
        content_type: "text/javascript; charset=utf-8",
        plain: include_bytes!("app-b62874d925a1.js"),
        brotli: include_bytes!("app-b62874d925a1.js.br"),
    },
    Asset {
        name: "logs.js",
        path: "/assets/logs-1f6584b1d8fc.js",
        content_type: "text/javascript; charset=utf-8",
        plain: include_bytes!("logs-1f6584b1d8fc.js"),
        brotli: include_bytes!("logs-1f6584b1d8fc.js.br"),
    },
    Asset {
        name: "trace.js",
        path: "/assets/trace-ad8da7721d15.js",
        content_type: "text/javascript; charset=utf-8",
        plain: include_bytes!("trace-ad8da7721d15.js"),
        brotli: include_bytes!("trace-ad8da7721d15.js.br"),
    },
    Asset {
        name: "app.css",
        path: "/assets/app-36807d724fb1.css",
        content_type: "text/css; charset=utf-8",
        plain: include_bytes!("app-36807d724fb1.css"),
        brotli: include_bytes!("app-36807d724fb1.css.br"),
    },
]
