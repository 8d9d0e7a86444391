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
        path: "/assets/logs-6a82e83eecc0.js",
        content_type: "text/javascript; charset=utf-8",
        plain: include_bytes!("logs-6a82e83eecc0.js"),
        brotli: include_bytes!("logs-6a82e83eecc0.js.br"),
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
        path: "/assets/app-12d0e519aba5.css",
        content_type: "text/css; charset=utf-8",
        plain: include_bytes!("app-12d0e519aba5.css"),
        brotli: include_bytes!("app-12d0e519aba5.css.br"),
    },
]
