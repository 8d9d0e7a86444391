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
        path: "/assets/logs-04729c83f61b.js",
        content_type: "text/javascript; charset=utf-8",
        plain: include_bytes!("logs-04729c83f61b.js"),
        brotli: include_bytes!("logs-04729c83f61b.js.br"),
    },
    Asset {
        name: "map.js",
        path: "/assets/map-ad619713bdf0.js",
        content_type: "text/javascript; charset=utf-8",
        plain: include_bytes!("map-ad619713bdf0.js"),
        brotli: include_bytes!("map-ad619713bdf0.js.br"),
    },
    Asset {
        name: "service.js",
        path: "/assets/service-dd3fa450f19b.js",
        content_type: "text/javascript; charset=utf-8",
        plain: include_bytes!("service-dd3fa450f19b.js"),
        brotli: include_bytes!("service-dd3fa450f19b.js.br"),
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
        path: "/assets/app-a93cd0477942.css",
        content_type: "text/css; charset=utf-8",
        plain: include_bytes!("app-a93cd0477942.css"),
        brotli: include_bytes!("app-a93cd0477942.css.br"),
    },
]
