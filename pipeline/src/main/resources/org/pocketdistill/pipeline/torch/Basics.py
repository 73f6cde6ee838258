class Basics(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool

  # 3 x sigmoid(x): start-up test of gradients.
  def scaled_silu(self: __torch__.Basics, x: Tensor) -> Tensor:
    return torch.mul(torch.silu(x), 3.)

  # x, by way of MKL's vector functions that other kernels use
  def vector_functions(self: __torch__.Basics, x: Tensor) -> Tensor:
    return torch.log(torch.exp(x))

  # 0 * sum of everything: makes the gradients of all leaves exist.
  def touch(self: __torch__.Basics, ps: List[Tensor]) -> Tensor:
    return torch.mul(torch.sum(torch.stack([torch.sum(p) for p in ps])), 0.)

  # w += scale * b a, in place; w [out, in], b [out, r], a [r, in], scale []
  def merge(self: __torch__.Basics, w: Tensor, a: Tensor, b: Tensor, scale: Tensor) -> Tensor:
    return torch.add_(w, torch.mul(torch.matmul(b, a), scale))

  # w = m / |w + scale b a| (w + scale b a), in place, the norm by rows; m [out]
  def merge_magnitude(self: __torch__.Basics, w: Tensor, a: Tensor, b: Tensor, scale: Tensor, m: Tensor) -> Tensor:
    whole = self.merge(w, a, b, scale)
    return torch.mul_(whole, torch.unsqueeze(torch.div(m, torch.norm(whole, 2, [1])), 1))

  # w += scale * (b a)^T, in place; w [V, D], b [D, r], a [r, V]
  def merge_embedding(self: __torch__.Basics, w: Tensor, a: Tensor, b: Tensor, scale: Tensor) -> Tensor:
    return self.merge(w, torch.t(b), torch.t(a), scale)

  # target[first : first + n] = block, in place; target of any shape seen as one row, block [n], first []
  def store(self: __torch__.Basics, target: Tensor, block: Tensor, first: Tensor) -> Tensor:
    row = torch.view(target, [-1])
    return torch.copy_(torch.narrow(row, 0, int(first), torch.size(block, 0)), block)

  # x[rows] or x[rows, columns] as a new tensor; an empty index stands for all
  def select(self: __torch__.Basics, x: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    if torch.gt(torch.numel(rows), 0):
      y = torch.index_select(x, 0, rows)
    else:
      y = torch.clone(x)
    if torch.gt(torch.numel(columns), 0):
      z = torch.index_select(y, 1, columns)
    else:
      z = y
    return z

  # Products of the start-up measurement: x [n, n] times itself in fp32 or bf16.
  def product_fp32(self: __torch__.Basics, x: Tensor) -> Tensor:
    return torch.matmul(x, x)
  def product_bf16(self: __torch__.Basics, x: Tensor) -> Tensor:
    y = torch.to(x, 15)
    return torch.matmul(y, y)
  def to_bf16(self: __torch__.Basics, x: Tensor) -> Tensor:
    return torch.to(x, 15)
