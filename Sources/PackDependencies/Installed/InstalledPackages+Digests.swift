import PackIO

extension InstalledPackages {
    /// Compares files with the digests that RECORD files state. It reads every file, so it is done only on request.
    ///
    /// - Returns: A finding for each package with files that differ, and problems with files that could not be read.
    public func checkDigests(in tree: FileTree) -> (findings: [InstalledFinding], problems: [TreeProblem]) {
        let paths = PathIndex(tree.files)
        var stated: [Int: [UInt8]] = [:]
        let records = packages.indices.filter { packages[$0].record != nil }
        let byRecord = Dictionary(
            records.compactMap { index in packages[index].record.map { ($0, index) } },
            uniquingKeysWith: { first, _ in first })
        var problems = tree.visit(byRecord.keys.sorted(), limit: InstalledPackages.fileLimit) { record, bytes in
            guard let package = byRecord[record] else { return }
            let site = sites[packages[package].site].path
            _ = RecordRows.read(Array(bytes)) { row in
                guard row.digest.starts(with: "sha256=".utf8), let path = PathParts.resolve(row.path, below: site),
                    let index = paths[path], owners[index] == package
                else { return }
                stated[index] = Array(row.digest.dropFirst(7))
            }
        }
        var differing: [Int: [Int]] = [:]
        let wanted = stated.keys.filter { tree.files[$0].link == nil }.sorted()
        problems += tree.visit(wanted, limit: .max) { index, bytes in
            guard bytes.count == tree.files[index].bytes, let digest = stated[index] else { return }
            if URLSafeBase64.encoded(SHA256Digest(of: bytes).bytes) != digest {
                differing[Int(owners[index]), default: []].append(index)
            }
        }
        let findings = differing.sorted { $0.key < $1.key }.map { package, files in
            InstalledFinding(
                kind: .digestDiffers, package: package, path: tree.files[files.min() ?? 0].path, count: files.count,
                detail: "its SHA-256 is not the one in RECORD")
        }
        return (findings, problems)
    }
}

/// Base64 with the alphabet for URLs and without padding (RFC 4648, section 5).
enum URLSafeBase64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    static func encoded(_ bytes: [UInt8]) -> [UInt8] {
        var (result, bits, count): ([UInt8], UInt32, UInt32) = ([], 0, 0)
        for byte in bytes {
            bits = bits << 8 | UInt32(byte)
            count += 8
            while count >= 6 {
                count -= 6
                result.append(alphabet[Int(bits >> count & 63)])
            }
        }
        if count > 0 { result.append(alphabet[Int(bits << (6 - count) & 63)]) }
        return result
    }
}
