import CPackSystem
import PackServing

/// The mapped plan. It stays mapped until the process ends.
enum ModelFile {
    /// Finds and maps the plan: where `--model` or PACK_MODEL says, else `model.pack` beside the program, else in the folder
    /// that Lambda names.
    static func open(_ named: UnsafePointer<CChar>?, program: UnsafePointer<CChar>?) throws(StartFailure)
        -> UnsafeRawBufferPointer
    {
        if let path = named ?? pack_environment("PACK_MODEL") { return try map(path) }
        let path = ByteBuffer()
        appendFolder(of: program, to: path)
        path.append("model.pack\0")
        if let folder = pack_environment("LAMBDA_TASK_ROOT"), !exists(path) {
            path.clear()
            path.append(bytes(of: folder))
            path.append("/model.pack\0")
        }
        return try map(path.bytes.assumingMemoryBound(to: CChar.self).baseAddress)
    }

    private static func exists(_ path: ByteBuffer) -> Bool {
        let file = pack_open_read(path.bytes.assumingMemoryBound(to: CChar.self).baseAddress)
        pack_close(file)
        return file >= 0
    }

    /// The running program's folder with a slash at the end; empty if nobody knows it.
    private static func appendFolder(of program: UnsafePointer<CChar>?, to path: ByteBuffer) {
        let room = path.reserve(4096)
        let length = pack_executable_path(room.assumingMemoryBound(to: CChar.self).baseAddress, room.count)
        if length > 0 {
            path.commit(length)
        } else if let program {
            path.append(bytes(of: program))
        }
        var end = path.count
        while end > 0, path.bytes[end - 1] != 0x2F { end -= 1 }
        path.truncate(to: end)
    }

    private static func map(_ path: UnsafePointer<CChar>?) throws(StartFailure) -> UnsafeRawBufferPointer {
        var start: UnsafeRawPointer?
        var size = 0
        let result = pack_map_file(path, &start, &size)
        guard result == 0 else {
            var failure = StartFailure("Model.Missing", "cannot read ")
            if let path { failure = failure.with(bytes(of: path)) }
            throw failure.with(": ").withSystemError(Int(result))
        }
        return UnsafeRawBufferPointer(start: start, count: size)
    }
}
