// Made by ui/web/build.mjs.
&[
    Asset {
        name: "app.js",
        path: "/assets/app-902240e23f19.js",
        content_type: "text/javascript; charset=utf-8",
        plain: include_bytes!("app-902240e23f19.js"),
        brotli: include_bytes!("app-902240e23f19.js.br"),
    },
    Asset {
        name: "logs.js",
        path: "/assets/logs-b2f47970d6d9.js",
        content_type: "text/javascript; charset=utf-8",
        plain: include_bytes!("logs-b2f47970d6d9.js"),
        brotli: include_bytes!("logs-b2f47970d6d9.js.br"),
    },
    Asset {
        name: "trace.js",
        path: "/assets/trace-176962082880.js",
        content_type: "text/javascript; charset=utf-8",
        plain: include_bytes!("trace-176962082880.js"),
        brotli: include_bytes!("trace-176962082880.js.br"),
    },
    Asset {
        name: "app.css",
        path: "/assets/app-135883188437.css",
        content_type: "text/css; charset=utf-8",
        plain: include_bytes!("app-135883188437.css"),
        brotli: include_bytes!("app-135883188437.css.br"),
    },
]
