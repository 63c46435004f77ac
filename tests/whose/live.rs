//! The wiring of a live scan, against a small server that knows who calls and which regions there are.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tiny_http::{Response, Server};

use crate::cli::{run, whose};

/// What the server does with a listing.
#[derive(Clone, Copy, PartialEq)]
enum Listings {
    AreDenied,
    Hang,
    /// The list of regions, which comes first, hangs too.
    AllHang,
}

struct Cloud {
    server: Arc<Server>,
    listings: Arc<AtomicUsize>,
}

impl Cloud {
    fn start(behaviour: Listings) -> Self {
        let server = Arc::new(Server::http("127.0.0.1:0").expect("a port"));
        let listings = Arc::new(AtomicUsize::new(0));
        let cloud = Self {
            server: Arc::clone(&server),
            listings: Arc::clone(&listings),
        };
        std::thread::spawn(move || {
            let mut held = Vec::new();
            for mut request in server.incoming_requests() {
                let mut body = String::new();
                request.as_reader().read_to_string(&mut body).ok();
                let answer = if body.contains("Action=GetCallerIdentity") {
                    "<GetCallerIdentityResponse><GetCallerIdentityResult>\
                     <Arn>arn:aws:iam::123456789012:user/tester</Arn><Account>123456789012</Account>\
                     </GetCallerIdentityResult></GetCallerIdentityResponse>"
                } else if body.contains("Action=DescribeRegions") && behaviour != Listings::AllHang {
                    "<DescribeRegionsResponse><regionInfo>\
                     <item><regionName>eu-west-1</regionName><optInStatus>opt-in-not-required</optInStatus></item>\
                     <item><regionName>us-east-1</regionName><optInStatus>opt-in-not-required</optInStatus></item>\
                     </regionInfo></DescribeRegionsResponse>"
                } else {
                    listings.fetch_add(1, Ordering::SeqCst);
                    if behaviour == Listings::AreDenied {
                        let denied = "<Response><Errors><Error><Code>UnauthorizedOperation</Code>\
                                      <Message>secret words of the service</Message></Error></Errors></Response>";
                        request
                            .respond(Response::from_string(denied).with_status_code(403))
                            .ok();
                    } else {
                        held.push(request);
                    }
                    continue;
                };
                request.respond(Response::from_string(answer)).ok();
            }
        });
        cloud
    }

    fn whose(&self) -> std::process::Command {
        let mut command = whose();
        command
            .env("AWS_ENDPOINT_URL", format!("http://{}", self.server.server_addr()))
            .env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
            .env("AWS_SECRET_ACCESS_KEY", "canary-of-the-secret-key");
        command
    }
}

impl Drop for Cloud {
    fn drop(&mut self) {
        self.server.unblock();
    }
}

#[test]
fn another_account_is_refused_before_anything_is_listed() {
    let cloud = Cloud::start(Listings::AreDenied);
    let (out, err, code) = run(cloud.whose().args(["scan", "--account", "210987654321"]));
    assert_eq!((out.as_str(), code), ("", 1), "{err}");
    assert!(err.contains("123456789012") && err.contains("210987654321"), "{err}");
    assert_eq!(cloud.listings.load(Ordering::SeqCst), 0);
}

#[test]
fn what_is_denied_is_a_gap_and_a_snapshot_keeps_it() {
    let cloud = Cloud::start(Listings::AreDenied);
    let folder = tempfile::tempdir().expect("a folder");
    let state = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/states/stack.tfstate");
    let arguments = ["scan", "-vv", "--kind", "aws_vpc", "--state", state, "--snapshot"];
    let (out, err, code) = run(cloud.whose().args(arguments).current_dir(folder.path()));
    assert_eq!(code, 4, "{err}");
    assert!(out.contains("INCOMPLETE: 4 of 4 listings"), "{out}");
    assert!(
        out.contains("denied       aws_stack_resources, aws_vpc in eu-west-1, us-east-1"),
        "{out}"
    );
    for text in [&out, &err] {
        assert!(!text.contains("secret words") && !text.contains("canary"), "{text}");
    }
    let saved = std::fs::read_dir(folder.path().join("snapshots")).expect("made");
    let saved: Vec<_> = saved.map(|entry| entry.expect("an entry").path()).collect();
    assert_eq!(saved.len(), 1, "{saved:?}");
    let (again, _, code) = run(whose().arg("report").arg(&saved[0]));
    assert_eq!((again, code), (out, 4));
}

#[cfg(unix)]
#[test]
fn a_scan_that_is_interrupted_before_its_regions_are_known_ends_at_once() {
    let cloud = Cloud::start(Listings::AllHang);
    let (output, took) = interrupted(&cloud);
    assert_eq!(output.status.code(), Some(130), "{output:?}");
    assert!(took < Duration::from_secs(10), "{took:?}");
}

/// A scan that gets an interrupt as soon as it has asked for something, and how long it took to end.
#[cfg(unix)]
fn interrupted(cloud: &Cloud) -> (std::process::Output, Duration) {
    let child = cloud
        .whose()
        .args(["scan", "--format", "json"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let start = Instant::now();
    while cloud.listings.load(Ordering::SeqCst) == 0 {
        assert!(start.elapsed() < Duration::from_secs(30), "no listing begins");
        std::thread::sleep(Duration::from_millis(20));
    }
    let killed = std::process::Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(killed.expect("kill runs").success());
    let killed_at = Instant::now();
    let output = child.wait_with_output().expect("it ends");
    (output, killed_at.elapsed())
}

#[cfg(unix)]
#[test]
fn an_interrupted_scan_reports_what_it_saw() {
    let cloud = Cloud::start(Listings::Hang);
    let (output, _) = interrupted(&cloud);
    let err = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{err}");
    assert!(err.contains("interrupted"), "{err}");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(report["coverage"]["complete"], false);
    let cells = report["coverage"]["cells"].as_array().expect("cells");
    assert!(cells.iter().all(|cell| cell["status"] == "failed"), "{cells:?}");
}

#[test]
fn states_that_cannot_be_read_are_told_before_the_scan() {
    let cloud = Cloud::start(Listings::AreDenied);
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("broken.tfstate"), "{\"password\": \"hunter2\"").expect("written");
    let (out, err, code) = run(cloud
        .whose()
        .args(["scan", "--kind", "aws_vpc", "--state", "."])
        .current_dir(folder.path()));
    assert_eq!(code, 4, "{err}");
    assert!(err.starts_with("warning: ") && err.contains("broken.tfstate"), "{err}");
    assert!(out.contains("1 UNREADABLE"), "{out}");
    assert!(!out.contains("hunter2") && !err.contains("hunter2"), "{out}{err}");
}
