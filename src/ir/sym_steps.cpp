// SPDX-License-Identifier: Apache-2.0
#include "ir/sym_steps.h"

#include "ir/sym_poly.h"

namespace tenon::ir {
namespace {

using Steps = std::vector<SymStep>;
using StepKind = SymStep::Kind;

void add(const SymDim& size, Steps& out);

void add(const SymAtom& atom, Steps& out) {
  if (atom.kind == SymAtom::Kind::kSymbol) {
    out.push_back({StepKind::kSymbol, 0, atom.name});
    return;
  }
  add(atom.a, out);
  add(atom.b, out);
  switch (atom.kind) {
    case SymAtom::Kind::kFloorDiv:
      out.push_back({StepKind::kFloorDiv, 0, {}});
      break;
    case SymAtom::Kind::kMod:
      out.push_back({StepKind::kMod, 0, {}});
      break;
    case SymAtom::Kind::kMax:
      out.push_back({StepKind::kMax, 0, {}});
      break;
    default:
      out.push_back({StepKind::kMin, 0, {}});
  }
}

void add(const SymTerm& term, Steps& out) {
  bool first = term.coefficient == 1;
  if (!first) out.push_back({StepKind::kNumber, term.coefficient, {}});
  for (const SymAtomPtr& atom : term.atoms) {
    add(*atom, out);
    if (!first) out.push_back({StepKind::kMul, 0, {}});
    first = false;
  }
}

void add(const SymDim& size, Steps& out) {
  bool first = true;
  for (const SymTerm& term : SymPoly::terms(size)) {
    add(term, out);
    if (!first) out.push_back({StepKind::kAdd, 0, {}});
    first = false;
  }
  const int64_t constant = SymPoly::constant(size);
  if (!first && constant == 0) return;
  out.push_back({StepKind::kNumber, constant, {}});
  if (!first) out.push_back({StepKind::kAdd, 0, {}});
}

}  // namespace

std::vector<SymStep> steps_of(const SymDim& size) {
  Steps out;
  add(size, out);
  return out;
}

}  // namespace tenon::ir
