import PackLab
import Testing

@Suite struct HTTPReplyTests {
    /// Gives an answer in pieces of a size, and then the end of the connection.
    private func read(_ text: String, pieces: Int = .max, limit: Int = 1000) -> (HTTPReply, HTTPReply.Progress) {
        var reply = HTTPReply(limit: limit)
        var progress = HTTPReply.Progress.incomplete
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty, progress == .incomplete {
            progress = reply.take(rest.prefix(pieces))
            rest = rest.dropFirst(pieces)
        }
        return (reply, progress == .incomplete ? reply.end() : progress)
    }

    @Test(arguments: [1, 2, 7, 1000])
    func bodiesOfEveryKind(pieces: Int) {
        for (text, body, keeps) in [
            ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "hello", true),
            ("HTTP/1.1 200 OK\r\ncontent-length:  0 \r\n\r\n", "", true),
            ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 \r\nContent-Length: 1\r\n\r\nx", "x", true),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\nT: 1\r\n\r\n",
                "abc0123456789", true
            ),
            ("HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 2\r\n\r\nok", "ok", false),
            ("HTTP/1.0 200 OK\r\n\r\nto the end", "to the end", false),
            ("HTTP/1.1 204 No Content\r\n\r\n", "", true),
        ] {
            let (reply, progress) = read(text, pieces: pieces)
            #expect(progress == .complete && String(decoding: reply.body, as: UTF8.self) == body, "\(text)")
            #expect(reply.keepsConnection == keeps, "\(text)")
        }
    }

    @Test(arguments: [
        "", "nonsense\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7FFFFFFFFFFFFFFF\r\n"
            + String(repeating: "a", count: 1001),
        "HTTP/1.1 200 OK\r\n\r\n" + String(repeating: "a", count: 1001),
    ])
    func whatIsNoAnswer(text: String) {
        let (_, progress) = read(text)
        guard case .malformed = progress else {
            Issue.record("\(progress)")
            return
        }
    }
}
