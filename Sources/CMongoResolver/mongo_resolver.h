// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0
//
// The C library's resolver as Swift sees it. Its functions are macros on some systems and its structures are full of
// bit fields, so each thing that `DNS/` needs has a `static inline` function here with the prefix `mongo_`. The reply's
// wire format is read by the C library's own functions, which the whole system relies on.

#ifndef MONGO_RESOLVER_H
#define MONGO_RESOLVER_H

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>

/// Asks for the records of one type that a full name has. Blocks, for as long as `attempts` times `seconds` for each of
/// the system's name servers.
///
/// - server, port: An IPv4 address to ask instead of the system's name servers; NULL for those.
/// - error: Set to the resolver's reason (`HOST_NOT_FOUND`, `TRY_AGAIN`, …) when there is no reply.
/// Returns the length of the reply, or -1.
static inline int mongo_resolver_query(const char *name, int type, const char *server, uint16_t port, int seconds,
                                       int attempts, unsigned char *reply, int length, int *error) {
    struct __res_state state;
    memset(&state, 0, sizeof(state));
    *error = NO_RECOVERY;
    if (res_ninit(&state) != 0) {
        return -1;
    }
    state.retrans = seconds;
    state.retry = attempts;
    if (server != NULL) {
        state.nscount = 1;
        memset(&state.nsaddr_list[0], 0, sizeof(state.nsaddr_list[0]));
        state.nsaddr_list[0].sin_family = AF_INET;
        if (inet_pton(AF_INET, server, &state.nsaddr_list[0].sin_addr) != 1) {
            res_nclose(&state);
            return -1;
        }
        state.nsaddr_list[0].sin_port = htons(port);
    }
    int result = res_nquery(&state, name, ns_c_in, type, reply, length);
    *error = state.res_h_errno;
    res_nclose(&state);
    // What did not fit was not read.
    return result > length ? -1 : result;
}

static inline int mongo_ns_t_srv(void) { return ns_t_srv; }
static inline int mongo_ns_t_txt(void) { return ns_t_txt; }

/// How many answers a reply has; -1 when it is not one.
static inline int mongo_answer_count(const unsigned char *reply, int length) {
    ns_msg message;
    return ns_initparse(reply, length, &message) == 0 ? ns_msg_count(message, ns_s_an) : -1;
}

/// One answer of a reply.
typedef struct {
    int type;
    uint32_t ttl;
    /// Of a TXT record: its strings, each after a byte with its length. Within the reply.
    const unsigned char *data;
    int length;
    /// Of an SRV record.
    uint16_t port;
    char target[NS_MAXDNAME];
} mongo_answer;

/// Reads an answer of a reply; 0 when that is not possible.
static inline int mongo_answer_at(const unsigned char *reply, int length, int index, mongo_answer *answer) {
    ns_msg message;
    ns_rr record;
    if (ns_initparse(reply, length, &message) != 0 || ns_parserr(&message, ns_s_an, index, &record) != 0) {
        return 0;
    }
    answer->type = ns_rr_type(record);
    answer->ttl = ns_rr_ttl(record);
    answer->data = ns_rr_rdata(record);
    answer->length = ns_rr_rdlen(record);
    answer->port = 0;
    answer->target[0] = '\0';
    if (answer->type == ns_t_srv) {
        // Priority and weight, which do not matter here, come before the port.
        if (answer->length < 7) {
            return 0;
        }
        answer->port = (uint16_t)ns_get16(answer->data + 4);
        if (ns_name_uncompress(ns_msg_base(message), ns_msg_end(message), answer->data + 6, answer->target,
                               sizeof(answer->target)) < 0) {
            return 0;
        }
    }
    return 1;
}

/// The text of an SRV record's target: C's arrays are tuples in Swift.
static inline const char *mongo_answer_target(const mongo_answer *answer) { return answer->target; }

#endif
