import Glibc

extension MappedFile {
    /// Says that few bytes far apart will be read: the kernel then reads no pages ahead.
    public func expectScatteredReads() {
        withBytes { bytes in
            if let base = bytes.baseAddress {
                madvise(UnsafeMutableRawPointer(mutating: base), bytes.count, MADV_RANDOM)
            }
        }
    }

    /// Takes the pages out of this process, which stay in the page cache: the next read brings them back.
    public func dropPages() {
        withBytes { bytes in
            if let base = bytes.baseAddress {
                madvise(UnsafeMutableRawPointer(mutating: base), bytes.count, MADV_DONTNEED)
            }
        }
    }
}
