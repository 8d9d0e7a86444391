// Made by ui/web/build.mjs.
&[
    Asset {
        name: "app.js",
        path: "/assets/app-615b6dfd58ef.js",
        content_type: "text/javascript; charset=utf-8",
        plain: include_bytes!("app-615b6dfd58ef.js"),
        brotli: include_bytes!("app-615b6dfd58ef.js.br"),
    },
    Asset {
        name: "logs.js",
        path: "/assets/logs-2f856ce27e0c.js",
        content_type: "text/javascript; charset=utf-8",
        plain: include_bytes!("logs-2f856ce27e0c.js"),
        brotli: include_bytes!("logs-2f856ce27e0c.js.br"),
    },
    Asset {
        name: "trace.js",
        path: "/assets/trace-4418f2480557.js",
        content_type: "text/javascript; charset=utf-8",
        plain: include_bytes!("trace-4418f2480557.js"),
        brotli: include_bytes!("trace-4418f2480557.js.br"),
    },
    Asset {
        name: "app.css",
        path: "/assets/app-e7a97b9389d8.css",
        content_type: "text/css; charset=utf-8",
        plain: include_bytes!("app-e7a97b9389d8.css"),
        brotli: include_bytes!("app-e7a97b9389d8.css.br"),
    },
]
