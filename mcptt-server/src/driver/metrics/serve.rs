//! The figures over HTTP: `/metrics`, `/healthz`, `/readyz`.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{ALLOW, CONTENT_TYPE, HeaderValue};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;

use super::Metrics;
use crate::driver::clock;

/// Connections at a time; more wait.
const MAX_CONNECTIONS: usize = 32;
/// How long the head of a request may take.
const HEAD: Duration = Duration::from_secs(10);
/// How long a connection may last.
const LONGEST: Duration = Duration::from_secs(120);
/// After a failure to take a connection.
const BREATH: Duration = Duration::from_millis(50);

const TEXT: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Binds at once and serves on a thread of its own.
pub(super) fn start(metrics: Metrics, address: SocketAddr) -> Result<(), String> {
    let told = |error: std::io::Error| format!("metrics.http {address}: {error}");
    let listener = std::net::TcpListener::bind(address).map_err(told)?;
    listener.set_nonblocking(true).map_err(told)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(told)?;
    let serving = move || {
        let listener = {
            let _inside = runtime.enter();
            TcpListener::from_std(listener)
        };
        match listener {
            Ok(listener) => {
                tokio::task::LocalSet::new().block_on(&runtime, serve(Rc::new(metrics), listener))
            }
            Err(error) => tracing::error!(%error, "figures are not served"),
        }
    };
    std::thread::Builder::new().name("metrics".to_owned()).spawn(serving).map(|_| ()).map_err(told)
}

async fn serve(metrics: Rc<Metrics>, listener: TcpListener) {
    let room = Rc::new(tokio::sync::Semaphore::new(MAX_CONNECTIONS));
    loop {
        // Nobody closes it.
        let Ok(place) = room.acquire().await else { return };
        place.forget();
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::debug!(%error, "connection");
                room.add_permits(1);
                tokio::time::sleep(BREATH).await;
                continue;
            }
        };
        let (metrics, room) = (Rc::clone(&metrics), Rc::clone(&room));
        tokio::task::spawn_local(async move {
            let service = service_fn(|request| {
                let answer = answer(&metrics, &request);
                async move { Ok::<_, Infallible>(answer) }
            });
            let connection = hyper::server::conn::http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEAD)
                .serve_connection(TokioIo::new(stream), service);
            if let Ok(Err(error)) = tokio::time::timeout(LONGEST, connection).await {
                tracing::debug!(%error, "connection");
            }
            room.add_permits(1);
        });
    }
}

fn answer(metrics: &Metrics, request: &Request<Incoming>) -> Response<Full<Bytes>> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let mut refused = text(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD\n");
        refused.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        return refused;
    }
    let state = |good: bool| match good {
        true => text(StatusCode::OK, "ok\n"),
        false => text(StatusCode::SERVICE_UNAVAILABLE, "not now\n"),
    };
    match request.uri().path() {
        "/metrics" => match metrics.text() {
            Ok(figures) => {
                let mut told = Response::new(Full::from(figures));
                told.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(TEXT));
                told
            }
            Err(_) => text(StatusCode::INTERNAL_SERVER_ERROR, "figures cannot be shown\n"),
        },
        "/healthz" => state(metrics.is_alive(clock::now())),
        "/readyz" => state(metrics.is_ready(clock::now())),
        _ => text(StatusCode::NOT_FOUND, "/metrics, /healthz or /readyz\n"),
    }
}

fn text(status: StatusCode, body: &'static str) -> Response<Full<Bytes>> {
    let mut answer = Response::new(Full::from(body));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    answer
}
