//! Copies in an object store: here one that speaks just enough of S3.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;

use super::*;
use crate::config::RecordingBucket;

/// What was put, in order: its path, how the request was signed, its octets.
type Puts = Arc<Mutex<Vec<(String, String, Vec<u8>)>>>;

/// A store that refuses the first `refusals` requests; ends with the process.
fn store(refusals: usize) -> (SocketAddr, Puts) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    let puts = Puts::default();
    let (kept, left) = (Arc::clone(&puts), Arc::new(Mutex::new(refusals)));
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            while let Ok((stream, _)) = listener.accept().await {
                let (kept, left) = (Arc::clone(&kept), Arc::clone(&left));
                tokio::spawn(async move {
                    let service =
                        service_fn(move |request| answer(request, Arc::clone(&kept), Arc::clone(&left)));
                    let connection = hyper::server::conn::http1::Builder::new();
                    let _ = connection.serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
    });
    (address, puts)
}

async fn answer(
    request: Request<Incoming>,
    puts: Puts,
    left: Arc<Mutex<usize>>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let octets = body.collect().await.unwrap().to_bytes().to_vec();
    let mut answer = Response::new(Full::default());
    let refused = {
        let mut left = left.lock().unwrap();
        let refused = *left > 0;
        *left = left.saturating_sub(1);
        refused
    };
    if refused {
        *answer.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        return Ok(answer);
    }
    let signed = head.headers.get("authorization").map(|value| value.to_str().unwrap().to_owned());
    puts.lock().unwrap().push((
        format!("{} {}", head.method, head.uri.path()),
        signed.unwrap_or_default(),
        octets,
    ));
    answer.headers_mut().insert("etag", hyper::header::HeaderValue::from_static("\"1\""));
    Ok(answer)
}

fn bucket(address: SocketAddr, keep_local: bool) -> RecordingBucket {
    RecordingBucket {
        name: "voice".to_owned(),
        endpoint: Some(format!("http://{address}")),
        region: "eu-1".to_owned(),
        access_key_id: "mcptt".to_owned(),
        secret_access_key: "not so secret".to_owned(),
        prefix: "site-1/".to_owned(),
        keep_local,
    }
}

#[test]
fn a_recording_is_copied_with_its_line_of_the_index_and_tried_again_until_it_is_there() {
    let folder = Folder::new("bucket");
    let (address, puts) = store(1);
    let settings = RecordingFolder { bucket: Some(bucket(address, false)), ..folder.settings() };
    let started = Recorder::start(&settings).unwrap();
    let counts = Arc::clone(started.0.counts());
    talk(&started.0, 1, about("opus", 48_000), &numbered(voice(50)));
    end(&started.0, 1, MORNING + 1_000);
    until("the copy", || counts.archived() == 1);
    written(started);
    assert!(counts.archive_failures() >= 1);
    let said = folder.indexed().remove(0);
    let key = "site-1/2026-12-01/080000.000-7-3.opus";
    assert_eq!(said["object"], format!("s3://voice/{key}"));
    let puts = puts.lock().unwrap();
    let paths: Vec<_> = puts.iter().map(|(path, ..)| path.as_str()).collect();
    assert_eq!(paths, [format!("PUT /voice/{key}"), format!("PUT /voice/{key}.json")]);
    assert!(puts.iter().all(|(_, signed, _)| signed.starts_with("AWS4-HMAC-SHA256 Credential=mcptt/")));
    // Only the copy is left, and it is what was recorded.
    assert_eq!(folder.files(), Vec::<String>::new());
    let copy = folder.0.join("copy.opus");
    fs::write(&copy, &puts[0].2).unwrap();
    assert_eq!(ogg(&copy).0, voice(50));
    assert_eq!(index::digest(&copy).unwrap().0, said["sha256"].as_str().unwrap());
    let about: Value = serde_json::from_slice(&puts[1].2).unwrap();
    assert_eq!((&about["mcptt_id"], &about["sha256"]), (&said["mcptt_id"], &said["sha256"]));
}

#[test]
fn what_could_not_be_copied_is_copied_after_the_next_start() {
    let folder = Folder::new("bucket-later");
    // Nobody is there.
    let nowhere = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let settings = RecordingFolder { bucket: Some(bucket(nowhere, true)), ..folder.settings() };
    let started = Recorder::start(&settings).unwrap();
    let counts = Arc::clone(started.0.counts());
    talk(&started.0, 1, about("opus", 48_000), &numbered(voice(5)));
    end(&started.0, 1, MORNING + 100);
    until("a failure", || counts.archive_failures() >= 1);
    written(started);
    assert_eq!(folder.files(), ["080000.000-7-3.opus", "080000.000-7-3.opus.copy"]);
    let (address, puts) = store(0);
    let settings = RecordingFolder { bucket: Some(bucket(address, true)), ..folder.settings() };
    let counts = written(Recorder::start(&settings).unwrap());
    assert_eq!((counts.archived(), puts.lock().unwrap().len()), (1, 2));
    assert_eq!(folder.files(), ["080000.000-7-3.opus"]);
}
