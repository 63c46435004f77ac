//! A whole empty account: every kind in 17 regions, against a server that answers each call after 40 ms.
//!
//! The server speaks plain HTTP, so the figures hold no handshakes; a real scan makes some 3,300 of them.

use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// What an answer takes: about the way from one continent to the next and back, or a busy service near by.
const DELAY: Duration = Duration::from_millis(40);

/// The regions that every account has without opting in.
const REGIONS: [&str; 17] = [
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
];

/// Scans with the binary that the profile built, and prints what it took.
pub(crate) fn run() {
    let cloud = Cloud::start();
    let program = std::env::var("WHOSE").unwrap_or_else(|_| env!("CARGO_BIN_EXE_whose").to_owned());
    let mut command = Command::new(program);
    command
        .args(["scan", "--no-config", "--format", "json", "--fail-on", "never"])
        .env("AWS_ENDPOINT_URL", &cloud.url)
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_REGION", "eu-west-1")
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    let (start, busy) = (Instant::now(), super::processor());
    let mut child = command.spawn().expect("whose starts");
    let pid = child.id();
    let mut output = child.stdout.take().expect("piped");
    let reader = std::thread::spawn(move || {
        let mut text = Vec::new();
        std::io::Read::read_to_end(&mut output, &mut text).map(|_| text)
    });
    let (mut peak, mut spent) = (0, 0.0);
    let end = loop {
        if let Some(end) = child.try_wait().expect("it can be asked") {
            break end;
        }
        peak = super::status_of(&pid.to_string(), "VmHWM:").max(peak);
        spent = super::processor_of(&pid.to_string()).max(spent);
        std::thread::sleep(Duration::from_millis(20));
    };
    let seconds = start.elapsed().as_secs_f64();
    let text = reader.join().expect("no panic").expect("it is read");
    let report: serde_json::Value = serde_json::from_slice(&text).expect("a report");
    let cells = report["coverage"]["cells"].as_array().map_or(0, Vec::len);
    let gaps: Vec<&serde_json::Value> = report["coverage"]["cells"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|cell| cell["status"] != "listed")
        .collect();
    println!(
        "wide: {} calls on {} connections, {} at once, {} regions: {seconds:.2} s ({spent:.2} s of processor, the server's {:.2} s besides), \
         peak {peak} MB; {cells} cells, {} of them gaps, exit {:?}",
        cloud.calls.load(Ordering::Relaxed),
        cloud.connections.load(Ordering::Relaxed),
        cloud.most.load(Ordering::Relaxed),
        REGIONS.len(),
        super::processor() - busy,
        gaps.len(),
        end.code(),
    );
    for gap in gaps.iter().take(5) {
        println!("  gap: {gap}");
    }
    std::io::stdout().flush().ok();
}

/// A server of empty lists, in a thread of its own.
struct Cloud {
    url: String,
    calls: Arc<AtomicUsize>,
    connections: Arc<AtomicUsize>,
    /// The most calls that waited for their answers at the same time.
    most: Arc<AtomicUsize>,
}

impl Cloud {
    fn start() -> Self {
        let cloud = |url| Self {
            url,
            calls: Arc::default(),
            connections: Arc::default(),
            most: Arc::default(),
        };
        let (said, heard) = std::sync::mpsc::channel();
        let mine = cloud(String::new());
        let theirs = Self {
            url: String::new(),
            calls: Arc::clone(&mine.calls),
            connections: Arc::clone(&mine.connections),
            most: Arc::clone(&mine.most),
        };
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime");
            runtime.block_on(async move {
                let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
                said.send(listener.local_addr().expect("an address")).expect("heard");
                let waiting = Arc::new(AtomicUsize::new(0));
                while let Ok((stream, _)) = listener.accept().await {
                    theirs.connections.fetch_add(1, Ordering::Relaxed);
                    let (calls, waiting, most) = (
                        Arc::clone(&theirs.calls),
                        Arc::clone(&waiting),
                        Arc::clone(&theirs.most),
                    );
                    tokio::spawn(async move {
                        // A connection that breaks off is the client's affair.
                        serve(stream, &calls, &waiting, &most).await.ok();
                    });
                }
            });
        });
        let address = heard.recv().expect("the server is up");
        Self {
            url: format!("http://{address}"),
            ..mine
        }
    }
}

/// Answers the requests of one connection.
async fn serve(
    stream: TcpStream,
    calls: &AtomicUsize,
    waiting: &AtomicUsize,
    most: &AtomicUsize,
) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    loop {
        let mut request = Head::default();
        loop {
            line.clear();
            if stream.read_line(&mut line).await? == 0 {
                return Ok(());
            }
            match line.trim_end() {
                "" => break,
                line => request.line(line),
            }
        }
        let mut body = vec![0; request.length];
        stream.read_exact(&mut body).await?;
        calls.fetch_add(1, Ordering::Relaxed);
        most.fetch_max(waiting.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
        tokio::time::sleep(DELAY).await;
        waiting.fetch_sub(1, Ordering::Relaxed);
        let (kind, answer) = request.answer(&String::from_utf8_lossy(&body));
        let text = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n{answer}",
            answer.len()
        );
        stream.get_mut().write_all(text.as_bytes()).await?;
    }
}

/// What of a request's head decides about the answer.
#[derive(Default)]
struct Head {
    length: usize,
    /// `awsJson` and `restJson`: the one names its operation, the other asks for JSON.
    json: bool,
}

impl Head {
    fn line(&mut self, line: &str) {
        let Some((name, value)) = line.split_once(':') else {
            return;
        };
        let value = value.trim();
        if name.eq_ignore_ascii_case("content-length") {
            self.length = value.parse().unwrap_or(0);
        } else if name.eq_ignore_ascii_case("x-amz-target")
            || name.eq_ignore_ascii_case("accept") && value == "application/json"
        {
            self.json = true;
        }
    }

    /// Nothing, in the form of the protocol; and who calls, and which regions there are.
    fn answer(&self, body: &str) -> (&'static str, String) {
        if self.json {
            return ("application/x-amz-json-1.1", "{}".to_owned());
        }
        let action = body
            .split('&')
            .find_map(|pair| pair.strip_prefix("Action="))
            .unwrap_or("Any");
        let inside = match action {
            "GetCallerIdentity" => "<GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/tester</Arn>\
                 <Account>123456789012</Account></GetCallerIdentityResult>"
                .to_owned(),
            "DescribeRegions" => {
                let region = |name: &&str| {
                    format!(
                        "<item><regionName>{name}</regionName><optInStatus>opt-in-not-required</optInStatus></item>"
                    )
                };
                format!(
                    "<regionInfo>{}</regionInfo>",
                    REGIONS.iter().map(region).collect::<String>()
                )
            }
            _ => format!("<{action}Result></{action}Result>"),
        };
        ("text/xml", format!("<{action}Response>{inside}</{action}Response>"))
    }
}
