// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

#include "CLibFuzzer.h"
