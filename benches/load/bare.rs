//! Servers in threads of their own: actix alone, to hold a gallery against.

use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc::channel;

use actix_web::dev::ServerHandle;
use actix_web::http::StatusCode;
use actix_web::{App as Actix, HttpResponse, HttpServer, web};

/// A server of actix alone that answers everything with this status, content type and body.
pub struct Bare {
    pub address: SocketAddr,
    handle: ServerHandle,
}

impl Bare {
    pub fn start(status: u16, content_type: &str, body: &[u8]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (content_type, body) = (content_type.to_owned(), web::Bytes::copy_from_slice(body));
        let status = StatusCode::from_u16(status).unwrap();
        let handle = run(move || {
            let app = move || {
                let (content_type, body) = (content_type.clone(), body.clone());
                let answer = move || {
                    let mut response = HttpResponse::build(status);
                    if !content_type.is_empty() {
                        response.content_type(content_type.clone());
                    }
                    std::future::ready(response.body(body.clone()))
                };
                Actix::new().default_service(web::to(answer))
            };
            let workers = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
            HttpServer::new(app).workers(workers).disable_signals().listen(listener).unwrap().run()
        });
        Self { address, handle }
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
    }
}

/// Runs a server in a thread of its own.
pub fn run(start: impl FnOnce() -> actix_web::dev::Server + Send + 'static) -> ServerHandle {
    let (send, receive) = channel();
    std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let server = start();
            send.send(server.handle()).unwrap();
            server.await.unwrap();
        });
    });
    receive.recv().unwrap()
}
