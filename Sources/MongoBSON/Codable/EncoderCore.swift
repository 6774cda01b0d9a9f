// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// The state of one run of a ``BSONEncoder``, shared by all encoders and containers that it hands out.
///
/// Values go to the end of one run of bytes as they come. That works as long as only the innermost open container is
/// written to, which is what nearly all code does. A container that was left and is then written to once more gets an
/// *addition*: bytes of its own, which ``finish()`` puts in their place. `superEncoder()` gets one from the start.
///
/// What changes is behind pointers, because each access to a class's variable checks for exclusive access at run
/// time, several times per value.
final class EncoderCore {
    let options: BSONEncoder
    let sink: UnsafeMutablePointer<ByteSink>
    let state: UnsafeMutablePointer<State>
    /// Whether names of coding keys are converted.
    let convertsKeys: Bool
    /// Where the bytes belong, when they are an addition.
    let basePath: [BSONCodingKey]

    /// Something that is being written. Its bytes are before those of everything that was opened after it.
    struct Node {
        /// Counts up; containers know their node by it.
        let id: Int
        /// Its element in the parent, or ``none``.
        let element: Int
        /// Where its length is, or ``none`` for the node of an addition, which has none.
        let offset: Int
        let parent: Int
        /// The index of the next element, or ``none`` in a document.
        var nextIndex: Int
        /// Whether code can hold a container for it after something else was written to its parent.
        let isExplicit: Bool
        /// Whether the names written to it are a dictionary's and so not converted.
        let keepsKeys: Bool
    }

    /// What stands for an offset, an index or a node that there is not.
    static let none = -1

    /// A node that has ended, but may be written to once more.
    struct ClosedNode {
        let node: Node
        /// Where its closing zero byte is.
        let end: Int
        var addition: Addition?
    }

    /// Bytes to be put in later.
    struct Addition {
        /// Where, counted in the bytes without additions.
        let offset: Int
        /// Where the lengths of the documents around the place are.
        let lengths: [Int]
        let core: EncoderCore
    }

    /// Where a value goes: its element has a name already, and gets its type when that is known.
    struct Place {
        /// Where the element's type is, or ``none`` for the whole document.
        let element: Int
        /// Where its value begins.
        let value: Int
        /// The node that it is an element of.
        let parent: Int

        static let root = Place(element: none, value: 0, parent: none)
    }

    /// A value that is being encoded.
    struct Slot {
        let place: Place
        let keepsKeys: Bool
        /// The node that it became, if it is a document or an array.
        var node = none
        var isWritten = false
    }

    struct State: ~Copyable {
        /// What is open, the innermost last.
        var nodes: [Node] = []
        /// The id of the innermost.
        var top = none
        var nextID = 0
        var slots: [Slot] = []
        var closed: [ClosedNode] = []
        var additions: [Addition] = []
        /// Types that were found to need no special treatment.
        var plainTypes = RecentTypes()
    }

    /// How many values may be encoded inside each other; a graph of objects with a cycle ends here.
    static let maximumSlots = 2 * BSONDocument.maximumDepth

    init(_ options: BSONEncoder, basePath: [BSONCodingKey] = [], capacity: Int = 512) {
        self.options = options
        self.basePath = basePath
        if case .useDefaultKeys = options.keyStrategy {
            convertsKeys = false
        } else {
            convertsKeys = true
        }
        sink = .allocate(capacity: 1)
        sink.initialize(to: ByteSink(capacity: capacity))
        state = .allocate(capacity: 1)
        state.initialize(to: State())
        state.pointee.nodes.reserveCapacity(8)
        state.pointee.slots.reserveCapacity(8)
    }

    deinit {
        sink.deinitialize(count: 1)
        sink.deallocate()
        state.deinitialize(count: 1)
        state.deallocate()
    }

    var userInfo: [CodingUserInfoKey: Any] { options.userInfo }
}

// MARK: Nodes

extension EncoderCore {
    /// The core and the node to write to for a container's node: these themselves, while it can be written to.
    @inline(__always)
    func target(_ node: Int) -> (core: EncoderCore, node: Int) {
        state.pointee.top == node ? (self, node) : reachedTarget(node)
    }

    /// Ends what was opened inside the node, or finds the addition of one that has ended.
    @inline(never)
    private func reachedTarget(_ node: Int) -> (core: EncoderCore, node: Int) {
        if state.pointee.nodes.contains(where: { $0.id == node }) {
            close(downTo: node)
            return (self, node)
        }
        guard let index = state.pointee.closed.firstIndex(where: { $0.node.id == node }) else {
            sink.pointee.fail(
                BSONError(.misuse, "a container was used after the encode(to:) that it belongs to had returned")
            )
            return (self, node)
        }
        if let addition = state.pointee.closed[index].addition {
            return addition.core.target(0)
        }
        let closed = state.pointee.closed[index]
        let core = EncoderCore(options, basePath: path(ofNode: node), capacity: 64)
        core.push(
            element: Self.none,
            offset: Self.none,
            isArray: closed.node.nextIndex != Self.none,
            isExplicit: false,
            keepsKeys: closed.node.keepsKeys
        )
        core.state.pointee.nodes[0].nextIndex = closed.node.nextIndex
        let addition = Addition(offset: closed.end, lengths: lengths(around: closed.node), core: core)
        state.pointee.closed[index].addition = addition
        state.pointee.additions.append(addition)
        return (core, 0)
    }

    /// Where the lengths of the node and of all around it are.
    private func lengths(around node: Node) -> [Int] {
        var lengths: [Int] = []
        var next: Node? = node
        while let current = next {
            if current.offset != Self.none {
                lengths.append(current.offset)
            }
            next = find(current.parent)
        }
        return lengths
    }

    private func find(_ id: Int) -> Node? {
        state.pointee.nodes.last { $0.id == id } ?? state.pointee.closed.last { $0.node.id == id }?.node
    }

    /// Opens a document or an array, whose type and name are written, in the innermost node.
    @discardableResult
    func push(element: Int, offset: Int, isArray: Bool, isExplicit: Bool, keepsKeys: Bool) -> Int {
        let id = state.pointee.nextID
        state.pointee.nodes.append(
            Node(
                id: id,
                element: element,
                offset: offset,
                parent: state.pointee.top,
                nextIndex: isArray ? 0 : Self.none,
                isExplicit: isExplicit,
                keepsKeys: keepsKeys
            )
        )
        state.pointee.nextID = id &+ 1
        state.pointee.top = id
        return id
    }

    /// Ends all nodes inside this one; with ``none``, all.
    @inline(__always)
    func close(downTo node: Int) {
        while state.pointee.top > node, let closing = state.pointee.nodes.popLast() {
            state.pointee.top = state.pointee.nodes.last?.id ?? Self.none
            if closing.offset != Self.none {
                sink.pointee.endDocument(at: closing.offset)
            }
            if closing.isExplicit {
                state.pointee.closed.append(ClosedNode(node: closing, end: sink.pointee.count - 1))
            }
        }
    }

    /// The index of the next element of the array that is open innermost.
    @inline(__always)
    func takeIndex() -> Int {
        let last = state.pointee.nodes.count &- 1
        guard last >= 0, state.pointee.nodes[last].nextIndex != Self.none else {
            sink.pointee.fail(BSONError(.misuse, "an element was added to what is not an open array"))
            return 0
        }
        let index = state.pointee.nodes[last].nextIndex
        state.pointee.nodes[last].nextIndex = index &+ 1
        return index
    }

    /// Opens the document or array that the value at a place is.
    func open(isArray: Bool, at place: Place, isExplicit: Bool, keepsKeys: Bool) throws -> Int {
        if place.element == Self.none {
            guard !isArray else {
                throw BSONError(.unsupportedType, "only a value with fields can be a document, not an array")
            }
        } else {
            guard state.pointee.nodes.count < BSONDocument.maximumDepth else {
                throw BSONError(.nestingTooDeep, "values are nested deeper than \(BSONDocument.maximumDepth) levels")
            }
            try set(isArray ? .array : .document, at: place)
        }
        let offset = sink.pointee.beginDocument()
        return push(
            element: place.element,
            offset: offset,
            isArray: isArray,
            isExplicit: isExplicit,
            keepsKeys: keepsKeys
        )
    }
}

// MARK: Elements

extension EncoderCore {
    /// Begins a field of the innermost node, whose type is not known yet.
    @inline(__always)
    func beginField(_ name: String) throws -> Place {
        let element = sink.pointee.count
        guard sink.pointee.beginElement(.null, name, valueSize: 16) else { throw failure(.name(name)) }
        return Place(element: element, value: sink.pointee.count, parent: state.pointee.top)
    }

    /// Begins the next element of the innermost node, an array.
    @inline(__always)
    func beginItem() throws -> Place {
        let (element, index) = (sink.pointee.count, takeIndex())
        guard sink.pointee.beginElement(.null, index: index, valueSize: 16) else { throw failure(.index(index)) }
        return Place(element: element, value: sink.pointee.count, parent: state.pointee.top)
    }

    /// Says of what type the value is that follows.
    @inline(__always)
    func set(_ type: BSONType, at place: Place) throws {
        guard place.element != Self.none else {
            throw BSONError(.unsupportedType, "only a value with fields can be a document, not one of type \(type)")
        }
        guard place.value == sink.pointee.count else { throw interrupted() }
        sink.pointee.patch(type, at: place.element)
    }

    /// Takes back an element whose value could not be encoded, and everything inside it: the code that asked for it may
    /// catch the error and go on.
    @inline(never)
    func abandon(_ place: Place) {
        guard place.element != Self.none else { return }
        while let last = state.pointee.nodes.last, last.offset > place.element {
            state.pointee.nodes.removeLast()
        }
        state.pointee.top = state.pointee.nodes.last?.id ?? Self.none
        guard state.pointee.top == place.parent else {
            sink.pointee.fail(Self.interruption)
            return
        }
        state.pointee.closed.removeAll { $0.node.offset > place.element }
        state.pointee.additions.removeAll { $0.offset > place.element }
        sink.pointee.truncate(to: place.element)
        if let last = state.pointee.nodes.indices.last, state.pointee.nodes[last].nextIndex > 0 {
            state.pointee.nodes[last].nextIndex -= 1
        }
    }

    private static var interruption: BSONError {
        BSONError(.misuse, "a value wrote to the container around it before it wrote itself")
    }

    @inline(never)
    private func interrupted() -> BSONError {
        sink.pointee.fail(Self.interruption)
        return sink.pointee.failure ?? Self.interruption
    }

    @inline(never)
    private func failure(_ key: BSONCodingKey) -> BSONError {
        var error = sink.pointee.failure ?? BSONError(.misuse, "a value cannot be written")
        if error.path.isEmpty {
            error.path = (path(ofNode: state.pointee.top) + [key]).map(\.stringValue)
        }
        return error
    }
}

// MARK: Paths

extension EncoderCore {
    func path(ofNode id: Int) -> [BSONCodingKey] {
        var path: [BSONCodingKey] = []
        var next = find(id)
        while let node = next {
            if node.element != Self.none {
                path.append(key(ofElement: node.element, parent: node.parent))
            }
            next = find(node.parent)
        }
        return basePath + path.reversed()
    }

    func path(of place: Place) -> [BSONCodingKey] {
        guard place.element != Self.none else { return basePath }
        return path(ofNode: place.parent) + [key(ofElement: place.element, parent: place.parent)]
    }

    /// What an element is called: its name is in the bytes.
    private func key(ofElement element: Int, parent: Int) -> BSONCodingKey {
        guard let name = sink.pointee.name(at: element) else { return .name("") }
        if let parent = find(parent), parent.nextIndex != Self.none, let index = Int(name) {
            return .index(index)
        }
        return .name(name)
    }

    /// The name of the field for a coding key.
    func name(for key: some CodingKey, node: Int) -> String {
        guard convertsKeys, find(node)?.keepsKeys == false else { return key.stringValue }
        switch options.keyStrategy {
        case .useDefaultKeys:
            return key.stringValue
        case .convertToSnakeCase:
            return SnakeCase.encode(key.stringValue)
        case .custom(let convert):
            return convert(path(ofNode: node).map(\.stringValue) + [key.stringValue])
        }
    }
}

// MARK: The end

extension EncoderCore {
    /// Makes room at the current end of a node for a value that comes later, and answers an encoder for it that is not
    /// bound to a call of `encode(to:)`.
    func laterEncoder(in node: Int, name: String?) -> any Encoder {
        let (core, node) = target(node)
        let key: BSONCodingKey = name.map { .name($0) } ?? .index(core.takeIndex())
        let addition = EncoderCore(options, basePath: core.path(ofNode: node), capacity: 64)
        addition.push(element: Self.none, offset: Self.none, isArray: false, isExplicit: false, keepsKeys: true)
        core.state.pointee.additions.append(
            Addition(
                offset: core.sink.pointee.count,
                lengths: core.state.pointee.nodes.map(\.offset).filter { $0 != Self.none },
                core: addition
            )
        )
        do {
            let place = try addition.beginField(key.stringValue)
            addition.state.pointee.slots.append(Slot(place: place, keepsKeys: false))
        } catch {
            // The failure is in the addition's bytes, and is thrown when these are put in.
            addition.state.pointee.slots.append(Slot(place: .root, keepsKeys: false))
        }
        return ValueEncoder(core: addition, slot: 0)
    }

    /// Ends everything, puts the additions in their places, and answers the bytes.
    func finish() throws(BSONError) -> ByteBuffer {
        if let slot = state.pointee.slots.first, !slot.isWritten, sink.pointee.failure == nil {
            // An encoder that was asked for and not used stands for an empty document.
            do {
                _ = try openSlot(0, isArray: false)
            } catch {
                throw BSONError(coding: error)
            }
        }
        close(downTo: Self.none)
        let sink = sink.pointee.replaced(with: ByteSink(capacity: 0))
        let additions = state.pointee.additions.sorted { $0.offset < $1.offset }
        state.pointee.additions = []
        var buffer = try sink.finish()
        guard !additions.isEmpty else { return buffer }
        // First the lengths, where the bytes are now; then everything in one copy.
        var parts: [(offset: Int, bytes: ByteBuffer)] = []
        for addition in additions {
            let bytes = try addition.core.finish()
            parts.append((addition.offset, bytes))
            for offset in addition.lengths {
                let length = buffer.getInteger(at: offset, endianness: .little, as: Int32.self) ?? 0
                let (sum, overflow) = length.addingReportingOverflow(Int32(clamping: bytes.readableBytes))
                guard !overflow else {
                    throw BSONError(.documentTooLarge, "a document cannot be longer than 2147483647 bytes")
                }
                buffer.setInteger(sum, at: offset, endianness: .little)
            }
        }
        var whole = ByteBufferAllocator().buffer(
            capacity: parts.reduce(buffer.readableBytes) { $0 + $1.bytes.readableBytes }
        )
        for var part in parts {
            if var before = buffer.readSlice(length: part.offset - buffer.readerIndex) {
                whole.writeBuffer(&before)
            }
            whole.writeBuffer(&part.bytes)
        }
        whole.writeBuffer(&buffer)
        return whole
    }
}
