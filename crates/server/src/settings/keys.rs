//! Every setting: its name, its default, what it is. `docs/settings.md` is made from this list.

/// A setting.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// Its name in the environment. In the file it is the same in lower case.
    pub name: &'static str,
    /// What it is when nobody says anything.
    pub default: &'static str,
    /// Whether its value is never shown.
    pub is_secret: bool,
    /// What it is, with its unit.
    pub about: &'static str,
}

const fn key(name: &'static str, default: &'static str, about: &'static str) -> Key {
    Key { name, default, is_secret: false, about }
}

const fn secret(name: &'static str, about: &'static str) -> Key {
    Key { name, default: "", is_secret: true, about }
}

/// Every setting.
pub const KEYS: &[Key] = &[
    key("HOST", "0.0.0.0", "The address to listen on. `127.0.0.1` when a proxy on the same machine stands before it."),
    key("PORT", "5000", "The port to listen on. `0` takes any that is free and prints it."),
    key(
        "TLS_CERTIFICATE",
        "",
        "Speak TLS with the certificate of this file (PEM, with the chain to the authority). It and its key are read again each minute \
         and at SIGHUP; open connections go on. Empty: plain HTTP, and a proxy ends TLS.",
    ),
    key("TLS_KEY", "", "The file of its private key (PEM, without a passphrase)."),
    key(
        "TLS_ACME_DOMAINS",
        "",
        "Instead of files: order the certificate for these names from an authority, over ACME, such as `live.example.org`, separated by commas. \
         The authority must reach this server at port 443 of each name. It is asked at `TLS_ACME_DIRECTORY`, whose terms of service you agree to.",
    ),
    key("TLS_ACME_CONTACT", "", "The mail address to which that authority may write."),
    key(
        "TLS_ACME_DIRECTORY",
        "https://acme-v02.api.letsencrypt.org/directory",
        "The address of the authority's directory. Try out with `https://acme-staging-v02.api.letsencrypt.org/directory`.",
    ),
    key(
        "TLS_ACME_ROOT",
        "",
        "A file (PEM) with the certificate by which that address is known, when the authority is the institute's own.",
    ),
    key(
        "HTTP_REDIRECT_LISTEN",
        "",
        "An address and port, such as `0.0.0.0:80`, where plain HTTP is answered with the way to HTTPS. Empty: nowhere.",
    ),
    key("DATA_DIR", "data", "The folder for everything the server keeps: database, uploads, signing secret."),
    key(
        "DATABASE_URL",
        "",
        "`sqlite:path/to/file.db` or `postgres://user:password@host/name`. Empty: `lamplight.db` in `DATA_DIR`.",
    ),
    secret(
        "REDIS_URL",
        "Redis or Valkey, through which several servers of one PostgreSQL wake each other: `redis://user:password@host:port`, `rediss://` for \
         TLS, or `unix:path/to/socket`. Nothing is kept there. Empty, or while it is away: through PostgreSQL.",
    ),
    key(
        "FRONTEND_URL",
        "",
        "Origins of other sites whose pages may use this server, separated by commas, such as `https://portal.example.org`. \
         The server's own pages always may.",
    ),
    secret(
        "JWT_SECRET",
        "Signs the sign-ins, at least 32 characters. Empty: one is made at the first start and kept in `DATA_DIR/jwt.secret`. \
         Several servers need the same.",
    ),
    key("SESSION_DAYS", "30", "How long a sign-in holds, in days."),
    key(
        "PUBLIC_URL",
        "",
        "Where people find the pages, for links in mails: `https://record.example.org`. Needed to send mail.",
    ),
    secret(
        "SMTP_URL",
        "How mail is sent: `smtps://user:password@host` (TLS) or `smtp://user:password@host?tls=required` (STARTTLS). `folder` writes \
         mails into `DATA_DIR/outbox` instead. Empty: no mail, and who forgot a password asks the office; the demo uses the folder.",
    ),
    key("MAIL_FROM", "", "The sender of mails: `The Office <office@example.org>`. Needed to send mail."),
    key("INSTITUTE_NAME", "Institute of Nursing", "The institute's name, as pages show it."),
    key("TIMEZONE", "Asia/Kolkata", "Where the institute's days begin and end (IANA name)."),
    key(
        "STUDENT_MAIL_DOMAIN",
        "",
        "The domain of the mail addresses that the institute gives its students, such as `students.example.org`: each signs in \
         with `<student id>@<domain>`. Empty: with their own mail address.",
    ),
    key("UPLOAD_LIMIT_MB", "50", "The largest file that may be uploaded, in MB (1,048,576 bytes)."),
    key("UPLOAD_PATIENCE_SECONDS", "60", "How long an upload may send nothing before it is given up, in seconds."),
    key(
        "MARKS_UNDO_SECONDS",
        "15",
        "How long a publication of marks can be undone, in seconds. Until it ends no student sees or hears of it.",
    ),
    key("EVENTS_KEEP_DAYS", "30", "How long a client may be away and still be given all it missed, in days."),
    key(
        "NOTIFICATIONS_KEEP_DAYS",
        "365",
        "How long notifications are kept, read or not, after they were sent or last changed, in days.",
    ),
    key(
        "MISSED_EVENTS",
        "20000",
        "The most events that a client is given when it comes back. Who missed more loads its pages afresh.",
    ),
    key(
        "TRUSTED_PROXIES",
        "127.0.0.0/8, ::1",
        "Addresses and nets of your own proxies, separated by commas. What they say in `X-Forwarded-For` is believed, and decides \
         whose connections count together. A proxy that does not say for whom it asks is not limited.",
    ),
    key(
        "HTTP_CONNECTIONS",
        "20000",
        "Connections at once that ask over HTTP or have not yet said what they want; those of WebSockets do not count, those of long \
         polling do. Further ones wait.",
    ),
    key(
        "SOCKET_CONNECT_SECONDS",
        "10",
        "How long a new connection may take until its sign-in was accepted, in seconds.",
    ),
    key("SOCKET_MESSAGE_BYTES", "100000", "The longest message a client may send over its socket, in bytes."),
    key("SOCKET_PACKETS_PER_SECOND", "50", "Packets a second that a client may send over its socket for long."),
    key("SOCKET_PACKET_BURST", "100", "Packets that a client may send over its socket at once."),
    key(
        "SOCKET_QUEUE_BYTES",
        "1000000",
        "What may wait in memory for a client that reads slowly, in bytes, besides some 128 KiB in the kernel. With more its \
         connection is closed; it comes back and is given the rest.",
    ),
    key("SOCKET_HANDSHAKES_PER_SECOND", "200", "New sockets a second that one address may open for long."),
    key(
        "SOCKET_HANDSHAKE_BURST",
        "2000",
        "New sockets that one address may open at once: a whole school behind one address comes back after a restart.",
    ),
    key("SOCKETS_PER_ADDRESS", "4000", "Open sockets that one address may have."),
    key("SOCKETS_PER_USER", "50", "Open sockets that one person may have. With one more, the eldest is closed."),
    key("PING_INTERVAL_SECONDS", "25", "How often an open page is asked whether it is still there, in seconds."),
    key("PING_TIMEOUT_SECONDS", "20", "How long it may take to answer, in seconds."),
    key(
        "DRAIN_SECONDS",
        "10",
        "Over how long the open pages' connections are closed when the server stops, in seconds.",
    ),
    key("S3_BUCKET", "", "Keep uploads in this bucket of an S3-compatible storage. Empty: in `DATA_DIR/files`."),
    key("S3_ENDPOINT", "", "The address of that storage. Empty: Amazon's own."),
    key("S3_REGION", "us-east-1", "Its region."),
    key("S3_PREFIX", "lamplight", "What every object's name begins with."),
    key("S3_ACCESS_KEY_ID", "", "The key to it."),
    secret("S3_SECRET_ACCESS_KEY", "The secret of that key."),
    key("S3_PATH_STYLE", "true", "`true` for `https://storage/bucket/...`, `false` for `https://bucket.storage/...`."),
    key(
        "S3_ALLOW_HTTP",
        "false",
        "`true` permits an address that begins with `http://`: files then travel unencrypted.",
    ),
    key(
        "METRICS_LISTEN",
        "",
        "An address and port where Prometheus may read `/metrics`, such as `127.0.0.1:9464`. Whoever reaches it may read them. \
         Empty: nowhere.",
    ),
    key(
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "",
        "Where traces go, by OTLP over HTTP with protobuf: `http://127.0.0.1:4318` (`/v1/traces` is appended). Empty: none are made.",
    ),
    secret("OTEL_EXPORTER_OTLP_HEADERS", "Headers for that address, as `name=value,name=value`."),
    key("OTEL_SERVICE_NAME", "lamplight", "How this server is called in the traces."),
    key(
        "OTEL_TRACES_SAMPLER_ARG",
        "1",
        "The part of the traces that is kept, from `0` to `1`. Of a request that says it belongs to a trace (`traceparent`) its sender decides.",
    ),
    key(
        "LOG",
        "info",
        "What is logged: `error`, `warn`, `info`, `debug`, or one for each part, such as `info,lamplight_realtime=debug`.",
    ),
    key("LOG_FORMAT", "text", "`text` for people, `json` for machines."),
];
