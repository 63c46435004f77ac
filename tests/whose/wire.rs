//! As much of HTTP, forms and XML as the harness needs: one request a connection, bodies with a known end.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

/// The answer to a request.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("an answer in UTF-8")
    }
}

/// Posts to a server on this machine (`http://127.0.0.1:PORT`).
pub(crate) fn post(base: &str, path: &str, headers: &[(String, String)], body: &[u8]) -> Answer {
    send("POST", base, path, headers, body)
}

/// The same with any method.
pub(crate) fn send(method: &str, base: &str, path: &str, headers: &[(String, String)], body: &[u8]) -> Answer {
    let place = base.strip_prefix("http://").expect("http");
    let mut stream = TcpStream::connect(place).unwrap_or_else(|error| panic!("{base}: {error}"));
    // HTTP 1.0: the answer comes in one piece and ends with the connection.
    let mut head = format!(
        "{method} {path} HTTP/1.0\r\nHost: {place}\r\nContent-Length: {}\r\n",
        body.len()
    );
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    head += "\r\n";
    let mut sent = head.into_bytes();
    sent.extend(body);
    stream.write_all(&sent).expect("sent");
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).expect("an answer");
    let end = find(&bytes, b"\r\n\r\n").unwrap_or_else(|| panic!("{base} broke off"));
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).expect("a status");
    let content_type = lines
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-type"))
        .map_or("", |(_, value)| value.trim());
    Answer {
        status: status.parse().expect("a number"),
        content_type: content_type.to_owned(),
        body: bytes[end + 4..].to_vec(),
    }
}

/// A request that came in, and the connection that waits for its answer.
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
    stream: TcpStream,
}

impl Request {
    fn read(stream: TcpStream) -> Option<Self> {
        let mut reader = BufReader::new(stream.try_clone().ok()?);
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let mut words = line.split(' ');
        let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
        let mut headers = Vec::new();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).ok()?;
            let Some((name, value)) = line.trim().split_once(':') else {
                break;
            };
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let length = headers.iter().find(|(name, _)| name == "content-length");
        let length: u64 = length.map_or(0, |(_, value)| value.parse().expect("a number"));
        let mut body = String::new();
        reader.take(length).read_to_string(&mut body).ok()?;
        Some(Self {
            method,
            path,
            headers,
            body,
            stream,
        })
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    pub(crate) fn respond(mut self, answer: &Answer) {
        let head = format!(
            "HTTP/1.1 {} Answer\r\nContent-Type: {}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            answer.status,
            answer.content_type,
            answer.body.len()
        );
        let bytes = [head.as_bytes(), &answer.body].concat();
        // Whoever asked may have gone.
        drop(self.stream.write_all(&bytes));
    }
}

/// A server in this process: a thread for each connection, and a connection for each request.
pub(crate) struct Service {
    pub(crate) url: String,
    stop: Arc<AtomicBool>,
    panics: Arc<Mutex<Vec<String>>>,
    accepting: Option<std::thread::JoinHandle<()>>,
}

pub(crate) fn serve(handle: impl Fn(Request) + Send + Sync + 'static) -> Service {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let stop = Arc::new(AtomicBool::new(false));
    let panics: Arc<Mutex<Vec<String>>> = Arc::default();
    let (stopped, told, handle) = (Arc::clone(&stop), Arc::clone(&panics), Arc::new(handle));
    let accepting = std::thread::spawn(move || {
        for stream in listener.incoming() {
            if stopped.load(Ordering::SeqCst) {
                break;
            }
            let Ok(stream) = stream else { continue };
            let (handle, told) = (Arc::clone(&handle), Arc::clone(&told));
            std::thread::spawn(move || {
                let end = std::panic::catch_unwind(AssertUnwindSafe(|| {
                    if let Some(request) = Request::read(stream) {
                        handle(request);
                    }
                }));
                if end.is_err() {
                    told.lock()
                        .expect("not poisoned")
                        .push("a handler failed; see above".to_owned());
                }
            });
        }
    });
    Service {
        url,
        stop,
        panics,
        accepting: Some(accepting),
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // Wakes it up.
        drop(TcpStream::connect(self.url.trim_start_matches("http://")));
        if let Some(accepting) = self.accepting.take() {
            drop(accepting.join());
        }
        if !std::thread::panicking() {
            let panics = self.panics.lock().expect("not poisoned");
            assert!(panics.is_empty(), "{panics:?}");
        }
    }
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

/// Calls an operation of a query protocol, unsigned, as somebody who may do everything.
///
/// `parameters` stand in the form as they are: no value of the tests needs escaping beyond what is done here.
pub(crate) fn query(base: &str, service: &str, version: &str, action: &str, parameters: &[(&str, &str)]) -> Answer {
    query_in(base, service, "eu-west-1", version, action, parameters)
}

/// The same in another region.
pub(crate) fn query_in(
    base: &str,
    service: &str,
    region: &str,
    version: &str,
    action: &str,
    parameters: &[(&str, &str)],
) -> Answer {
    let mut form = format!("Action={action}&Version={version}");
    for (name, value) in parameters {
        form += &format!("&{name}={}", escape(value));
    }
    let answer = post(base, "/", &headers(service, region), form.as_bytes());
    assert!(answer.status < 300, "{action}: {} {}", answer.status, answer.text());
    answer
}

/// What a request says of itself: whose, where and to which service.
fn headers(service: &str, region: &str) -> Vec<(String, String)> {
    let scope = format!("Credential=test/20260101/{region}/{service}/aws4_request");
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    vec![
        header(
            "Authorization",
            &format!("AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0"),
        ),
        header("Content-Type", "application/x-www-form-urlencoded; charset=utf-8"),
    ]
}

fn escape(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

/// The value of a field of a form.
pub(crate) fn field<'a>(form: &'a str, name: &str) -> Option<&'a str> {
    form.split('&')
        .find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
}

/// The text of the first element of a name.
pub(crate) fn element<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let from = xml.find(&format!("<{name}>"))? + name.len() + 2;
    let to = xml[from..].find(&format!("</{name}>"))?;
    Some(&xml[from..from + to])
}

/// The children of the first element of a name, each as text with its tags; and where its content begins and ends.
pub(crate) fn children(xml: &str, name: &str) -> Option<(Vec<String>, std::ops::Range<usize>)> {
    let open = [format!("<{name}>"), format!("<{name} ")]
        .iter()
        .filter_map(|start| xml.find(start))
        .min()?;
    let from = open + xml[open..].find('>')? + 1;
    let mut at = from;
    let mut depth = 0;
    let mut start = from;
    let mut items = Vec::new();
    loop {
        let tag = at + xml[at..].find('<')?;
        let end = tag + xml[tag..].find('>')? + 1;
        let text = &xml[tag..end];
        if text.starts_with("</") {
            if depth == 0 {
                return Some((items, from..tag));
            }
            depth -= 1;
        } else if !text.ends_with("/>") {
            if depth == 0 {
                start = tag;
            }
            depth += 1;
        } else if depth == 0 {
            items.push(text.to_owned());
        }
        if text.starts_with("</") && depth == 0 {
            items.push(xml[start..end].to_owned());
        }
        at = end;
    }
}

#[test]
fn children_are_told_from_grandchildren() {
    let xml = "<R><vpcSet><item><a><item/></a></item><item/>\n<item>2</item></vpcSet><nextToken/></R>";
    let (items, range) = children(xml, "vpcSet").expect("a list");
    assert_eq!(items, ["<item><a><item/></a></item>", "<item/>", "<item>2</item>"]);
    assert!(xml[..range.start].ends_with("<vpcSet>") && xml[range.end..].starts_with("</vpcSet>"));
    assert_eq!(element("<a><b>1</b></a>", "b"), Some("1"));
    assert_eq!(field("Action=X&NextToken=t", "NextToken"), Some("t"));
}
